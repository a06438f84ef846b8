/** Where the server keeps what a group has parked: as links to the events. `channel` is the stream's name, or `$all`. */
export function parkedStream(channel: string, group: string): string {
  return `$persistentsubscription-${channel}::${group}-parked`;
}
