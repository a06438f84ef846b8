import { z } from 'zod';

/** Streams of parcels are `parcel-<id>`: all of them are the category "parcel". */
export const category = 'parcel';

export const streamOf = (parcelId: string): string => `${category}-${parcelId}`;

/** Events of one parcel are numbered from 1, and mean something only in that order. */
const inOrder = { parcelId: z.string().regex(/^\d{12}-\d$/), sequence: z.int().positive() };

export const parcelPacked = z.object({
  ...inOrder,
  order: z.string().regex(/^SO-\d{5}$/),
  warehouse: z.string().min(1),
});

export const parcelHandedOver = z.object({ ...inOrder, carrier: z.string().min(1) });

/** It leaves the customs union, and has to be declared. */
export const parcelSentAbroad = z.object({
  ...inOrder,
  to: z.string().length(2),
  skus: z.array(z.string().min(1)).min(1),
});

export const parcelScanned = z.object({ ...inOrder, place: z.string().min(1) });

export const parcelDelivered = z.object({ ...inOrder, place: z.string().min(1) });

export const parcelSchemas = {
  ParcelPacked: parcelPacked,
  ParcelHandedOver: parcelHandedOver,
  ParcelSentAbroad: parcelSentAbroad,
  ParcelScanned: parcelScanned,
  ParcelDelivered: parcelDelivered,
} as const;

export type ParcelPacked = z.infer<typeof parcelPacked>;
export type ParcelHandedOver = z.infer<typeof parcelHandedOver>;
export type ParcelSentAbroad = z.infer<typeof parcelSentAbroad>;
export type ParcelScanned = z.infer<typeof parcelScanned>;
export type ParcelDelivered = z.infer<typeof parcelDelivered>;

/** What customs reads: all events of this type, of whatever parcel. */
export const customsType = 'ParcelSentAbroad';

/** The group that the database keeps for customs. */
export const customsGroup = { from: { eventType: customsType }, group: 'customs' } as const;

/** One event of the stream of a parcel. */
export interface ParcelEvent {
  readonly id: string;
  readonly type: string;
  readonly data: { readonly parcelId: string; readonly sequence: number } & Readonly<Record<string, unknown>>;
  /** What has to become of it in the read model of parcels. */
  readonly expected: 'effect' | 'invalid' | 'unhandled';
  /** What has to become of it at customs, where it is for customs too. `replayed`: it is parked at first. */
  readonly customs?: 'effect' | 'replayed';
}
