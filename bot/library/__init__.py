"""Which knowledge answers, and how does it come to change?"""
