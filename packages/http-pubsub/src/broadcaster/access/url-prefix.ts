/** Whether a URL is this one or below it: same scheme, host and port, and path by whole segments. */
export function isBelow(url: string, prefix: string): boolean {
  const given = URL.parse(url);
  const base = URL.parse(prefix);
  if (!given || !base || given.origin !== base.origin || given.username !== '' || given.password !== '')
    return false;
  const head = base.pathname.endsWith('/') ? base.pathname : `${base.pathname}/`;
  return given.pathname === base.pathname || given.pathname.startsWith(head);
}
