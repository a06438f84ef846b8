/** The newest API version, that of Summer '26. */
const newestVersion = 67;
/** Streaming API guide, end-of-life policy: what is older than 37.0 is not accepted any more. */
const oldestStreaming = 37;
const oldestRest = 31;

export function streams(version: number): boolean {
  return version >= oldestStreaming && version <= newestVersion;
}

export function serves(version: number): boolean {
  return version >= oldestRest && version <= newestVersion;
}

/** What `GET /services/data/` lists, oldest first. */
export function versionList(): readonly { label: string; url: string; version: string }[] {
  return Array.from({ length: newestVersion - oldestRest + 1 }, (_, index) => {
    const version = `${oldestRest + index}.0`;
    return { label: label(oldestRest + index), url: `/services/data/v${version}`, version };
  });
}

/** Three releases a year; 64.0 is Summer '25. */
function label(version: number): string {
  const season = ['Winter', 'Spring', 'Summer'][(version + 1) % 3];
  return `${season} '${25 + Math.floor((version - 62) / 3)}`;
}
