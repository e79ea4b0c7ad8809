"""Viewers of API descriptions, and frameworks, that fill one element by scripts: Redoc, Swagger UI, Scalar, Angular."""

from ingest.html.vocabulary import MarkupVocabulary

VOCABULARY = MarkupVocabulary(
    mounts="""
        redoc rapi-doc rapi-doc-mini elements-api api-reference scalar-api-reference swagger-ui openapi-explorer
        app-root asyncapi-component graphiql-explorer
        """,
    mount_ids="""
        root app __next __nuxt ___gatsby svelte swagger-ui redoc redoc-container redoc_container elements viewer
        mount
        """,
)
