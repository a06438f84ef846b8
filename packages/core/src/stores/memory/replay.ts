import type { ReplayMarker, ReplayStorage } from '../../ports/replay-storage.ts';

export function memoryReplay(): ReplayStorage {
  const markers = new Map<string, ReplayMarker>();
  return {
    async load(key) {
      return markers.get(key);
    },
    async save(key, { position, fence }) {
      if (fence < (markers.get(key)?.fence ?? fence)) return false;
      markers.set(key, { position, fence });
      return true;
    },
  };
}
