"""The sections of the settings, each the typed shape of one table of casebridge.toml."""
