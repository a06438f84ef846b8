/** What is kept and logged of an error. */
export interface ErrorDescription {
  readonly name: string;
  readonly code: string | undefined;
  readonly message: string;
  readonly stack: string | undefined;
}

/** Describes anything that was thrown, its causes' messages included, without what looks like a credential. */
export function describeError(error: unknown): ErrorDescription {
  if (!(error instanceof Error)) {
    return { name: 'NonError', code: undefined, message: redact(printable(error)), stack: undefined };
  }
  const code = 'code' in error && typeof error.code === 'string' ? error.code : undefined;
  const causes = causesOf(error).map((cause) => (cause instanceof Error ? cause.message : printable(cause)));
  return {
    name: error.name,
    code,
    message: redact([error.message, ...causes].join(' Cause: ')),
    stack: error.stack === undefined ? undefined : redact(error.stack),
  };
}

function causesOf(error: Error): readonly unknown[] {
  const causes: unknown[] = [];
  let { cause } = error;
  while (cause !== undefined && causes.length < 5) {
    causes.push(cause);
    cause = cause instanceof Error ? cause.cause : undefined;
  }
  return causes;
}

function printable(value: unknown): string {
  if (typeof value === 'string') return value;
  try {
    return JSON.stringify(value) ?? String(value);
  } catch {
    return Object.prototype.toString.call(value);
  }
}

const credentials: readonly (readonly [RegExp, string])[] = [
  // user:password@ in URLs
  [/(\b[a-z][a-z0-9+.-]*:\/\/)[^\s/@:]*:[^\s/@]*@/gi, '$1[redacted]@'],
  [/\b(bearer|basic)\s+[A-Za-z0-9._~+/=-]{8,}/gi, '$1 [redacted]'],
  [/\b(AKIA|ASIA)[A-Z0-9]{16}\b/g, '[redacted]'],
  [
    /(["']?\b[\w-]*(?:password|passwd|secret|token|api[-_]?key|access[-_]?key|private[-_]?key|credential)[\w-]*["']?\s*[:=]\s*)("[^"]*"|'[^']*'|[^\s,;&"')}]+)/gi,
    '$1[redacted]',
  ],
  [/-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(-----END [A-Z ]*PRIVATE KEY-----|$)/g, '[redacted]'],
];

/** Takes out what looks like a credential: passwords in URLs, authorization headers, AWS keys, `secret=…`. */
export function redact(text: string): string {
  return credentials.reduce((clean, [pattern, replacement]) => clean.replace(pattern, replacement), text);
}
