// A provider with one client per signature algorithm. Arguments: port, claims as JSON.
import { generateKeyPairSync } from 'node:crypto';
import { Provider } from 'oidc-provider';

const [port, claims] = process.argv.slice(2);
const pairs = {
  RS256: generateKeyPairSync('rsa', { modulusLength: 2048 }),
  ES256: generateKeyPairSync('ec', { namedCurve: 'P-256' }),
};
const keys = Object.entries(pairs).map(([alg, pair]) => (
  { ...pair.privateKey.export({ format: 'jwk' }), alg, kid: alg, use: 'sig' }
));
const clients = Object.keys(pairs).map(alg => ({
  client_id: alg,
  client_secret: 'secret',
  grant_types: ['client_credentials'],
  redirect_uris: [],
  response_types: [],
}));

const provider = new Provider(`http://127.0.0.1:${port}`, {
  clients,
  jwks: { keys },
  cookies: { keys: ['tests only'] },
  extraTokenClaims: () => JSON.parse(claims),
  features: {
    clientCredentials: { enabled: true },
    devInteractions: { enabled: false },
    resourceIndicators: {
      enabled: true,
      defaultResource: () => 'urn:jobbergate',
      useGrantedResource: () => true,
      getResourceServerInfo: (_, __, client) => ({
        scope: '',
        accessTokenFormat: 'jwt',
        accessTokenTTL: 600,
        jwt: { sign: { alg: client.clientId } },
      }),
    },
  },
});
provider.listen(Number(port), '127.0.0.1', () => console.log('ready'));
