/** What keeps a process alive: sockets, timers, servers, by kind. */
export function openHandles(): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const kind of process.getActiveResourcesInfo()) {
    // Promises of the file system and of name lookups end by themselves.
    if (/Req|Immediate/.test(kind)) continue;
    counts.set(kind, (counts.get(kind) ?? 0) + 1);
  }
  return counts;
}

/** What there is more of than before, such as `2 Timeout`. */
export function handlesBeyond(before: ReadonlyMap<string, number>): readonly string[] {
  return [...openHandles()].flatMap(([kind, count]) => {
    const more = count - (before.get(kind) ?? 0);
    return more > 0 ? [`${more} ${kind}`] : [];
  });
}
