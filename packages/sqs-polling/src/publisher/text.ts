/**
 * The characters that SNS and SQS take in bodies and attributes: those of XML 1.0 without the surrogates.
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html
 */
const unsupported = /[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/u;

export function isSupported(text: string): boolean {
  return !unsupported.test(text);
}

/** JSON without characters that would be refused. JSON escapes control characters by itself, but not these two. */
export function toJson(value: unknown): string {
  const json = JSON.stringify(value) ?? 'null';
  return json.replace(/[\uFFFE\uFFFF]/g, (character) => `\\u${character.charCodeAt(0).toString(16)}`);
}
