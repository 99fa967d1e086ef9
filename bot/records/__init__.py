"""What is remembered of questions, chats and people?"""
