"""What do all tests share?"""

from hypothesis import settings

# How long an example takes says nothing on a busy machine.
settings.register_profile("house", deadline=None)
settings.load_profile("house")
