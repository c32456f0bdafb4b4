// A provider with one client per signature algorithm, and two for web pages. Arguments: port, claims as
// JSON.
import { generateKeyPairSync } from 'node:crypto';
import { Provider } from 'oidc-provider';

// Nobody reads on after the first line, and who writes then is killed.
console.info = console.warn = () => {};
process.stdout.on('error', () => {});

const [port, claims] = process.argv.slice(2);
const pairs = {
  RS256: generateKeyPairSync('rsa', { modulusLength: 2048 }),
  ES256: generateKeyPairSync('ec', { namedCurve: 'P-256' }),
};
const keys = Object.entries(pairs).map(([alg, pair]) => (
  { ...pair.privateKey.export({ format: 'jwk' }), alg, kid: alg, use: 'sig' }
));
const programs = Object.keys(pairs).map(alg => ({
  client_id: alg,
  client_secret: 'secret',
  grant_types: ['client_credentials'],
  redirect_uris: [],
  response_types: [],
}));
const web = {
  grant_types: ['authorization_code', 'refresh_token'],
  response_types: ['code'],
  redirect_uris: ['http://127.0.0.1/sign-in/callback'],
  post_logout_redirect_uris: ['http://127.0.0.1/signed-out'],
};
const clients = [
  ...programs,
  { client_id: 'web', token_endpoint_auth_method: 'none', ...web },
  // As basic authentication has it, both have to be escaped.
  { client_id: 'web:secret', client_secret: 'a b+c%d:', ...web },
];

const provider = new Provider(`http://127.0.0.1:${port}`, {
  clients,
  jwks: { keys },
  cookies: { keys: ['tests only'] },
  // A person is who they say; their claims are those of programs.
  findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id, email: id, name: `${id.split('@')[0]} <b>` }) }),
  claims: { openid: ['sub'], email: ['email'], profile: ['name'] },
  conformIdTokenClaims: false,
  extraTokenClaims: (_, token) => (
    { ...JSON.parse(claims), ...(token.accountId && { email: token.accountId }) }
  ),
  issueRefreshToken: () => true,
  rotateRefreshToken: true,
  pkce: { required: () => true },
  // Nobody is asked whether they consent.
  loadExistingGrant: async ({ oidc }) => {
    const { client: { clientId }, session: { accountId } } = oidc;
    const known = oidc.session.grantIdFor(clientId);
    if (known) return oidc.provider.Grant.find(known);
    const grant = new oidc.provider.Grant({ clientId, accountId });
    grant.addOIDCScope('openid email profile offline_access');
    await grant.save();
    return grant;
  },
  features: {
    clientCredentials: { enabled: true },
    devInteractions: { enabled: true },
    revocation: { enabled: true },
    rpInitiatedLogout: { enabled: true },
    resourceIndicators: {
      enabled: true,
      defaultResource: () => 'urn:jobbergate',
      useGrantedResource: () => true,
      getResourceServerInfo: (_, __, client) => ({
        scope: '',
        accessTokenFormat: 'jwt',
        accessTokenTTL: 600,
        jwt: { sign: { alg: pairs[client.clientId] ? client.clientId : 'RS256' } },
      }),
    },
  },
});
// Servers under test listen on any port.
const onAnyPort = known => function (uri) {
  const url = new URL(uri);
  url.port = '';
  return this[known].includes(url.href);
};
provider.Client.prototype.redirectUriAllowed = onAnyPort('redirectUris');
provider.Client.prototype.postLogoutRedirectUriAllowed = onAnyPort('postLogoutRedirectUris');
const server = provider.listen(Number(port), '127.0.0.1', () => console.log('ready'));
// Nobody who is slow finds a connection closed.
server.keepAliveTimeout = 0;
