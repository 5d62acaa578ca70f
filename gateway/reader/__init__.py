"""What runs inside the sandboxed reader process: one message comes apart into words and files."""
