"""What do the bot's messages look like? Pictures of conversations that really took place."""
