"""The control API, under `/sandbox/`: what the chat page and end-to-end tests do in the place of persons."""
