/** The media type of a Content-Type header in lower case, without its parameters; undefined when there is none. */
export function mediaType(header: string | undefined): string | undefined {
  return header?.split(';', 1)[0]?.trim().toLowerCase() || undefined;
}

/** Whether it says that the content is JSON: the subtype is `json`, or ends with `+json`. */
export function isJson(type: string): boolean {
  return /^[^/]+\/([^/]+\+)?json$/.test(type);
}

/** Whether text in it can be read as UTF-8. */
export function isUtf8(header: string | undefined): boolean {
  const charset = /;\s*charset="?([^";\s]+)/i.exec(header ?? '')?.[1]?.toLowerCase();
  return charset === undefined || charset === 'utf-8' || charset === 'utf8' || charset === 'us-ascii';
}
