"""What docs/ says of the project's own files: the dictionary, the worked rules, the cookbook."""
