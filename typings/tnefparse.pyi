class TNEFAttachment:
    data: bytes
    embed: TNEF
    @property
    def name(self) -> str: ...
    def long_filename(self) -> str: ...

class TNEF:
    attachments: list[TNEFAttachment]
    def __init__(self, data: bytes) -> None: ...
