/** Whether an address names a database of PostgreSQL. */
export function isPostgresUrl(databaseUrl: string): boolean {
  return /^postgres(ql)?:\/\//.test(databaseUrl);
}

/** What is wrong with the address of a database, each as the rest of a sentence; none repeats the address. */
export function objectionsToDatabaseUrl(text: string): string[] {
  if (/^sqlite:.+/.test(text)) return [];
  if (!isPostgresUrl(text))
    return ['must start with sqlite:, followed by the path of the database file, or with postgres://'];
  if (!URL.canParse(text))
    return [
      'must be a URL such as postgres://user:password@db.example.com:5432/signalbox, with the special characters of the password percent-encoded',
    ];
  const { hostname, pathname, hash, username, password } = new URL(text);
  const objections: string[] = [];
  if (hostname === '')
    objections.push('must name a host, as in postgres://user:password@db.example.com/signalbox');
  if (!/^\/[^/]+$/.test(pathname))
    objections.push('must name one database after the host, as in postgres://db.example.com/signalbox');
  if (hash !== '')
    objections.push('must have a # that belongs to a name or a password percent-encoded, as %23');
  if (![username, password, pathname].every(isPercentEncoded))
    objections.push('must have a % that belongs to a name or a password percent-encoded, as %25');
  return objections;
}

function isPercentEncoded(text: string): boolean {
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
}
