"""Everything that can be chosen by name, in one list: kind -> ((name, "module:attribute"), ...).

Nothing here is imported before it is asked for, so that `earmark --help` never waits for torch.
"""

from __future__ import annotations

BUILTIN: dict[str, tuple[tuple[str, str], ...]] = {
    "transcription engine": (
        ("faster-whisper", "pipeline.transcribe.engines.faster_whisper:FasterWhisperEngine"),
        ("openai-whisper", "pipeline.transcribe.engines.openai_whisper:OpenAIWhisperEngine"),
        ("scripted", "pipeline.transcribe.engines.scripted:ScriptedEngine"),
    ),
    "sentiment engine": (
        ("minilm", "pipeline.sentiment.engines.minilm:MiniLMSentimentEngine"),
        ("transformers", "pipeline.sentiment.engines.transformers:TransformersSentimentEngine"),
        ("vader", "pipeline.sentiment.engines.vader:VaderSentimentEngine"),
    ),
    "scorecard format": (
        ("html", "pipeline.scorecards.render.html:write"),
        ("csv", "pipeline.scorecards.render.csv:write"),
        ("json", "pipeline.scorecards.render.json:write"),
        ("pdf", "pipeline.scorecards.render.pdf:write"),
        ("xlsx", "pipeline.scorecards.render.xlsx:write"),
        ("parquet", "pipeline.scorecards.render.parquet:write"),
    ),
}
