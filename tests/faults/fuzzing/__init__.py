"""What nobody would write by hand: makers of odd input, and the bot that has to stand it. Rows Z of the fault table."""
