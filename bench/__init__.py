"""The benchmarks: every figure beside its baseline, measured in interleaved rounds."""
