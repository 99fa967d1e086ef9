"""What answers without a search?"""
