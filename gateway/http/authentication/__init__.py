"""Who is calling: nobody in particular, the holder of an API key, or the subject of a JSON Web Token."""
