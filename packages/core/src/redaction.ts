const redacted = '[redacted]';

/**
 * Takes out what looks like a credential: passwords in URLs, authorization and cookie headers, bearer tokens, AWS
 * keys, private keys, and the values of what is named password, secret, token, key and the like. Rather too much than
 * too little. Takes time in proportion to the text, whatever is in it: no expression here can match a run of
 * characters in more than one way.
 */
export function redact(text: string): string {
  return redactNamed(redactTokens(redactUserInfo(text)));
}

/** Whether a field of this name holds a credential. */
export function isSecretName(name: string): boolean {
  return secretName.test(name);
}

/** What stands between `://` and `@`. */
function redactUserInfo(text: string): string {
  const [before = '', ...urls] = text.split('://');
  return [before, ...urls.map(withoutUserInfo)].join('://');
}

function withoutUserInfo(url: string): string {
  if (!url.includes('@')) return url;
  const [authority = ''] = /^[^\s/?#"'`<>]*/.exec(url) ?? [];
  const at = authority.lastIndexOf('@');
  if (at >= 0) return redacted + url.slice(at);
  // A password with a raw slash in it; "host:8080/…" is none.
  const [loose = ''] = /^[^\s/?#"'`<>]*:(?!\d{1,5}[/?#])[^\s"'`<>]*/.exec(url) ?? [];
  const end = loose.lastIndexOf('@');
  return end >= 0 ? redacted + url.slice(end) : url;
}

const tokens: readonly (readonly [RegExp, string])[] = [
  [/-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)/g, redacted],
  [/\b(bearer|basic)[ \t]+[\w.~+/=-]{8,}/gi, `$1 ${redacted}`],
  [/\b(?:AKIA|ASIA)[A-Z0-9]{16}\b/g, redacted],
  // A JSON Web Token: https://www.rfc-editor.org/rfc/rfc7519
  [/(?<![\w-])eyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*/g, redacted],
  // A session of Salesforce: the organisation's id, "!", a secret.
  [/(?<!\w)00D[A-Za-z0-9]{12,15}![\w.]{20,}/g, redacted],
];

function redactTokens(text: string): string {
  return tokens.reduce((clean, [token, replacement]) => clean.replace(token, replacement), text);
}

const header = /authorization|cookie/i;
const secretName =
  /passw(?:or)?d|pwd|passphrase|secret|token|(?:api|access|account|private|encryption)[-_]?key|credential|signature|session[-_]?id|authorization|cookie/i;
/** The name with what follows it, up to its value. */
const named = new RegExp(
  `(?:${secretName.source})[\\w-]{0,40}\\\\{0,8}["'\`]?[ \\t]{0,8}(?:=>|[:=>])[ \\t]{0,8}`,
  'gi',
);

function redactNamed(text: string): string {
  let clean = '';
  let read = 0;
  for (const match of text.matchAll(named)) {
    // Inside a value that was taken out already.
    if (match.index < read) continue;
    const [name] = match;
    const at = match.index + name.length;
    const end = endOfValue(text, at, header.test(name));
    clean += text.slice(read, at) + (end > at ? redacted : '');
    read = end;
  }
  return clean + text.slice(read);
}

function endOfValue(text: string, at: number, isHeader: boolean): number {
  const opening = matchAt(/\\{0,8}["'`]/y, text, at);
  if (opening !== '') return endOfQuoted(text, at + opening.length, opening);
  if (text[at] === '[' || text[at] === '{') return endOfBracketed(text, at);
  return at + matchAt(isHeader ? /[^\r\n]*/y : /[^\s;&"'`<]*/y, text, at).length;
}

function matchAt(expression: RegExp, text: string, at: number): string {
  expression.lastIndex = at;
  return expression.exec(text)?.[0] ?? '';
}

/** After the next quote that is not escaped deeper than the opening one. Without one, the text's end. */
function endOfQuoted(text: string, start: number, opening: string): number {
  const quote = opening.slice(-1);
  for (let close = text.indexOf(quote, start); close >= 0; close = text.indexOf(quote, close + 1)) {
    let escapes = 0;
    while (close - 1 - escapes >= start && text[close - 1 - escapes] === '\\') escapes += 1;
    if (escapes < opening.length) return close + 1;
  }
  return text.length;
}

function endOfBracketed(text: string, start: number): number {
  let depth = 0;
  for (let at = start; at < text.length; at += 1) {
    const character = text[at];
    if (character === '[' || character === '{') depth += 1;
    if (character === ']' || character === '}') depth -= 1;
    if (depth === 0) return at + 1;
  }
  return text.length;
}
