/** 15 characters tell organisations apart by case; three more make that hold without case. */
const orgId = /^(00D[A-Za-z0-9]{12})([A-Za-z0-9]{3})?$/;

/** The 18 characters of an organisation's id, or undefined. Both spellings of one id give the same: markers are kept by it. */
export function toOrgId(text: unknown): string | undefined {
  const [, short, rest] = typeof text === 'string' ? (orgId.exec(text) ?? []) : [];
  return short === undefined ? undefined : short + (rest ?? checksum(short));
}

/** From `https://login.salesforce.com/id/{organisation}/{user}`, as the token endpoint gives it. */
export function orgIdOfIdentity(id: unknown): string | undefined {
  const url = typeof id === 'string' ? URL.parse(id) : null;
  return toOrgId(url?.pathname.split('/').at(-2));
}

/** Opaque access tokens begin with the organisation's id and "!". Those in JWT format do not. */
export function orgIdOfAccessToken(accessToken: string): string | undefined {
  const end = accessToken.indexOf('!');
  return end < 0 ? undefined : toOrgId(accessToken.slice(0, end));
}

/** A character for every five: which of them are capitals. */
function checksum(short: string): string {
  return [0, 5, 10].map((start) => digit(short.slice(start, start + 5))).join('');
}

function digit(five: string): string {
  let capitals = 0;
  for (let place = 0; place < five.length; place += 1) {
    if (/[A-Z]/.test(five.charAt(place))) capitals += 2 ** place;
  }
  return 'ABCDEFGHIJKLMNOPQRSTUVWXYZ012345'.charAt(capitals);
}
