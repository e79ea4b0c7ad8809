"""pkg.go.dev and its own servers."""

from ingest.html.vocabulary import MarkupVocabulary

VOCABULARY = MarkupVocabulary(
    furniture="""
        UnitMeta go-Main-aside go-Main-banner UnitHeader-details Documentation-declarationLink Documentation-index
        Documentation-sinceVersionLabel Documentation-exampleButtonsContainer
        """,
    code="Documentation-exampleCode",
)
