import type { DatabaseSync } from 'node:sqlite';

/** The read model: one row a parcel. Each event changes what is there, so one too many, too few or too late shows. */
export interface ParcelTable {
  add(parcelId: string, warehouse: string): void;
  handOver(parcelId: string): void;
  scan(parcelId: string, place: string): void;
  deliver(parcelId: string, place: string): void;
}

export function openParcelTable(database: DatabaseSync): ParcelTable {
  const add = database.prepare(
    "INSERT INTO parcels (parcel_id, status, place, scans) VALUES (?, 'packed', ?, 0)",
  );
  const handOver = database.prepare("UPDATE parcels SET status = 'under way' WHERE parcel_id = ?");
  const scan = database.prepare('UPDATE parcels SET place = ?, scans = scans + 1 WHERE parcel_id = ?');
  const deliver = database.prepare("UPDATE parcels SET place = ?, status = 'delivered' WHERE parcel_id = ?");
  return {
    add: (parcelId, warehouse) => void add.run(parcelId, warehouse),
    handOver: (parcelId) => void handOver.run(parcelId),
    scan: (parcelId, place) => void scan.run(place, parcelId),
    deliver: (parcelId, place) => void deliver.run(place, parcelId),
  };
}
