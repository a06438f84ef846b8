export type IncidentKind =
  /** SIGKILL for the reader, and a new one. */
  'kill' | 'revoke tokens' | 'kick' | 'expire routes' | 'move instance';

export interface Incident {
  readonly kind: IncidentKind;
  /** Happens once there are so many effects. */
  readonly after: number;
}

/** Spreads the incidents by chance over the first nine tenths of the events. */
export function drawIncidents(
  counts: Readonly<Record<IncidentKind, number>>,
  events: number,
  random: () => number,
): readonly Incident[] {
  return Object.entries(counts)
    .flatMap(([kind, count]) =>
      Array.from({ length: count }, () => ({
        kind: kind as IncidentKind,
        after: Math.floor((0.02 + 0.88 * random()) * events),
      })),
    )
    .sort((one, other) => one.after - other.after);
}
