"""What does a question ask, and of what?"""
