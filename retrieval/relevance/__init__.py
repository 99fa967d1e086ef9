"""Which paragraphs could answer, best first?"""
