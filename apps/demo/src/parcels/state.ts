/** Where a parcel is: a row of the read model. */
export interface ParcelState {
  readonly parcelId: string;
  readonly status: 'packed' | 'under way' | 'delivered';
  /** Where it was last seen. */
  readonly place: string;
  readonly scans: number;
}

/** An event as it stands in its stream. */
export interface StoredEvent {
  readonly type: string;
  readonly data: unknown;
}

/**
 * Where a parcel must be after the events of its stream: looked up in all of them, where the handlers of the read model
 * add one after another to what they have. Undefined: nothing in the stream is of use.
 */
export function stateOf(parcelId: string, events: readonly StoredEvent[]): ParcelState | undefined {
  const of = (...types: readonly string[]) => events.filter(({ type }) => types.includes(type));
  const text = (event: StoredEvent | undefined, field: string) => {
    const value = (event?.data as Readonly<Record<string, unknown>> | undefined)?.[field];
    return typeof value === 'string' ? value : undefined;
  };
  const [packed] = of('ParcelPacked');
  if (packed === undefined) return undefined;
  const seen = of('ParcelScanned', 'ParcelDelivered').filter((event) => text(event, 'place') !== undefined);
  const status = of('ParcelDelivered')[0] ? 'delivered' : of('ParcelHandedOver')[0] ? 'under way' : 'packed';
  return {
    parcelId,
    status,
    place: text(seen.at(-1), 'place') ?? text(packed, 'warehouse') ?? '',
    scans: seen.filter(({ type }) => type === 'ParcelScanned').length,
  };
}
