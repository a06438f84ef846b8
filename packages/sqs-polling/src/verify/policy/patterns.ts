/** IAM's patterns: `*` stands for any run of characters, `?` for one. */
export function like(pattern: string, text: string): boolean {
  const source = pattern
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${source}$`, 's').test(text);
}

/**
 * Compares part by part, so that a star does not reach over a colon (IAM User Guide, "Amazon Resource Name (ARN)
 * condition operators"). Undefined for a pattern with fewer parts than an ARN has: what IAM makes of it is not documented.
 */
export function arnLike(pattern: string, arn: string): boolean | undefined {
  const parts = partsOf(pattern);
  if (parts.length < 6) return undefined;
  const actual = partsOf(arn);
  return parts.every((part, index) => like(part, actual[index] ?? ''));
}

function partsOf(arn: string): readonly string[] {
  const parts = arn.split(':');
  return [...parts.slice(0, 5), ...(parts.length > 5 ? [parts.slice(5).join(':')] : [])];
}
