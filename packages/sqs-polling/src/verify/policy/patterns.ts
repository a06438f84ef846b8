/** IAM's patterns: `*` stands for any run of characters, `?` for one. */
export function like(pattern: string, text: string): boolean {
  const source = pattern
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${source}$`, 's').test(text);
}

/**
 * IAM compares ARNs part by part. Patterns of all six parts can be taken as a whole: a star that reached over a colon
 * would leave too few for the others. Undefined for fewer parts: what IAM makes of those is not documented.
 */
export function arnLike(pattern: string, arn: string): boolean | undefined {
  return pattern.split(':').length < 6 ? undefined : like(pattern, arn);
}
