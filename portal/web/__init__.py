"""The pages that show the record to the people who have the right to see it."""
