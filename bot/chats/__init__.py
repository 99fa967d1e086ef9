"""How does a chat on Telegram go?"""
