"""What we know: reports, read, ordered and proved. Imports nothing of ours."""
