"""What is held of the library, and how is it made, kept and changed?"""
