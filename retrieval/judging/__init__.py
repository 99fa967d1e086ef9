"""Is a question answered by what was found, and by which sentence?"""
