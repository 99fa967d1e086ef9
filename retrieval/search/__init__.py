"""Which documents hold the terms of a question, and what do their sentences hold of it?"""
