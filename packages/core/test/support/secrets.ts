/** Never part of any text but for the secret itself. */
export const secret = 'hunter2';

const privateKey = (kind: string) =>
  `-----BEGIN ${kind}-----\nMIIEpA${secret}IBAAKCAQEA\n-----END ${kind}-----`;

/** Texts in which errors and log lines have been seen to carry credentials. The secret is `secret` in each. */
export const leaks: readonly string[] = [
  // URLs
  `connect ECONNREFUSED redis://default:${secret}@10.0.0.1:6379/0`,
  `redis://:${secret}@host, redis://:${secret}@other`,
  `https://${secret}@github.com/owner/name`,
  `https://user%40example.com:${secret}@host/path?x=1`,
  `mongodb+srv://user:${secret}@h1:27017,h2:27017/db?w=1`,
  `amqp://user:with@${secret}@host/vhost`,
  `amqp://user:with/slash/${secret}@host/vhost`,
  `invalid url 'postgres://user:${secret}@host:5432/db'`,
  `"HTTP://USER:${secret}@HOST"`,
  // Headers
  `Authorization: Bearer ${secret}.aaaa.bbbb`,
  `authorization: Basic dXNlcjp${secret}`,
  `{"authorization":"Bearer ${secret}"}`,
  `headers: { authorization: 'Bearer ${secret}', host: 'h' }`,
  `Authorization: Digest username="Mufasa", response="${secret}"`,
  `Authorization: AWS4-HMAC-SHA256 Credential=a/b, SignedHeaders=host, Signature=${secret}`,
  `Cookie: theme=dark; sid=${secret}`,
  `set-cookie: sid=${secret}; HttpOnly`,
  `sent bearer ${secret}0123456789 to the server`,
  `x-api-key: ${secret}`,
  // AWS
  `aws_secret_access_key = ${secret}/K7MDENG/bPxRfiCYEXAMPLEKEY`,
  `{"SecretAccessKey": "${secret}", "SessionToken": "${secret}"}`,
  `https://s3/bucket?X-Amz-Security-Token=${secret}&X-Amz-Signature=${secret}`,
  // Named values
  `password=${secret}`,
  `password = ${secret}, user = bob`,
  `Password: ${secret}`,
  `PGPASSWORD=${secret} psql`,
  `user=bob;pwd=${secret};`,
  `passphrase=${secret}`,
  `client_secret=${secret}&grant_type=password`,
  `refresh_token=5Aep861${secret}`,
  `accessToken: '${secret}'`,
  `api_key: ${secret}`,
  `privateKey: ${secret}`,
  `ENCRYPTION_KEY=${secret}`,
  `apiKey=${secret}`,
  `--token=${secret}`,
  `{ password => "${secret}" }`,
  `Endpoint=sb://h/;SharedAccessKey=${secret}=`,
  `DefaultEndpointsProtocol=https;AccountKey=${secret}==;`,
  `password="with spaces ${secret} and ' quotes"`,
  `password='with "${secret}"'`,
  `password=\`${secret}\``,
  'sasl.jaas.config=PlainLoginModule required username="u" password="' + secret + '";',
  // JSON
  JSON.stringify({ password: secret }),
  JSON.stringify({ password: `a"b\\${secret}` }),
  JSON.stringify({ user: { name: 'bob', credentials: { id: 1, value: secret } } }),
  JSON.stringify({ tokens: ['a', secret] }),
  JSON.stringify({ secret: [{ a: { b: 1 } }, secret] }),
  JSON.stringify({ clientSecret: secret }, undefined, 2),
  JSON.stringify(JSON.stringify({ password: secret })),
  JSON.stringify(JSON.stringify({ password: `a"b${secret}` })),
  JSON.stringify(JSON.stringify(JSON.stringify({ password: `a"b${secret}`, user: 'bob' }))),
  `Unexpected end of input in {"password":"${secret}`,
  // XML, as of a SOAP login
  `<password>${secret}</password>`,
  `<sessionId>${secret}</sessionId>`,
  // Keys and tokens that nobody named
  privateKey('PRIVATE KEY'),
  privateKey('RSA PRIVATE KEY'),
  privateKey('EC PRIVATE KEY').replaceAll('\n', '\\n'),
  privateKey('OPENSSH PRIVATE KEY').replace(/-----END.*/, ''),
  `eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhIn0.${secret}`,
  `eyJhbGciOiJIUzI1NiJ9.${secret}eyJzdWIiOiJhIn0.`,
  `00Dxx0000000001!AQ${secret}.aaaaaaaaaaaaaaaaaaaaaaaaaaaa`,
];
