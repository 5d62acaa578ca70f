"""The IMAP door: from mailboxes that are there already to the wall."""
