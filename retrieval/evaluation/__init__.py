"""How good are the answers, and would a change make them worse?"""
