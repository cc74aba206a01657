"""What is learned from stamps and descriptions, one file per kind of evidence."""
