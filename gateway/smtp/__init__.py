"""The SMTP door: from the wire to the wall."""
