"""A small Telegram on this machine: a Bot API server and a page to chat on. It knows nothing of the bot."""
