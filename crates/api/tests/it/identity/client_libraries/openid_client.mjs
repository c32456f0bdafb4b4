// Each flow of the provider by openid-client, which checks the answers. Argument: settings as JSON.
// What needs a person at a browser is printed: `visit <address>`; the answer is where the browser is
// in the end.
import assert from 'node:assert/strict';
import { createInterface } from 'node:readline/promises';
import * as oidc from 'openid-client';

const settings = JSON.parse(process.argv[1]);
const { issuer, api } = settings;
const terminal = createInterface({ input: process.stdin });
const answers = terminal[Symbol.asyncIterator]();

async function visit(address) {
  console.log(`visit ${address}`);
  return (await answers.next()).value;
}

// Signatures of ID tokens are checked, too.
const execute = [oidc.allowInsecureRequests, oidc.enableNonRepudiationChecks];

function discover(client, metadata, authentication) {
  return oidc.discovery(new URL(issuer), client, metadata, authentication, { execute });
}

async function mayCall(token) {
  const answer = await fetch(`${api}/job-scripts`, { headers: { authorization: `Bearer ${token}` } });
  return answer.status === 200;
}

async function refused(promise, error) {
  await assert.rejects(promise, failure => {
    assert.equal(failure.error ?? failure.code, error, failure.stack);
    return true;
  });
}

/// A refusal that says in `WWW-Authenticate` what would be accepted.
async function challenged(promise, scheme, error) {
  await assert.rejects(promise, failure => {
    const [challenge] = failure.cause;
    assert.deepEqual([challenge.scheme, challenge.parameters.error], [scheme, error]);
    return true;
  });
}

async function ask(config, redirect_uri, scope, more = {}) {
  const checks = {
    pkceCodeVerifier: oidc.randomPKCECodeVerifier(),
    expectedState: oidc.randomState(),
    expectedNonce: oidc.randomNonce(),
    idTokenExpected: true,
    maxAge: 3600,
  };
  const address = oidc.buildAuthorizationUrl(config, {
    redirect_uri,
    scope,
    code_challenge: await oidc.calculatePKCECodeChallenge(checks.pkceCodeVerifier),
    code_challenge_method: 'S256',
    state: checks.expectedState,
    nonce: checks.expectedNonce,
    max_age: '3600',
    ...more,
  });
  return { back: new URL(await visit(address)), checks };
}

async function logsIn(config, redirect_uri, scope) {
  const { back, checks } = await ask(config, redirect_uri, scope);
  return oidc.authorizationCodeGrant(config, back, checks);
}

/// A program in a terminal: code with PKCE, refresh, userinfo, revocation.
async function terminalProgram(config) {
  const first = await logsIn(config, settings.callback, 'openid email profile');
  const claims = first.claims();
  assert.equal(claims.email, settings.email);
  assert.ok(await mayCall(first.access_token));
  const person = await oidc.fetchUserInfo(config, first.access_token, claims.sub);
  assert.equal(person.email, settings.email);
  const second = await oidc.refreshTokenGrant(config, first.refresh_token);
  assert.notEqual(second.refresh_token, first.refresh_token);
  assert.ok(await mayCall(second.access_token));
  await refused(oidc.refreshTokenGrant(config, second.refresh_token, { scope: 'offline_access' }), 'invalid_scope');
  await oidc.tokenRevocation(config, second.refresh_token);
  assert.ok(!await mayCall(second.access_token));
  await refused(oidc.refreshTokenGrant(config, second.refresh_token), 'invalid_grant');
  await oidc.tokenRevocation(config, 'unknown');
  await challenged(oidc.fetchUserInfo(config, second.access_token, claims.sub), 'bearer', 'invalid_token');
}

/// RFC 9207: who we are is in each answer, and what is not ours is noticed.
async function issuerInAnswers(config) {
  assert.ok(config.serverMetadata().authorization_response_iss_parameter_supported);
  const { back, checks } = await ask(config, settings.callback, 'openid');
  for (const other of ['https://evil.example', null]) {
    const changed = new URL(back);
    if (other) changed.searchParams.set('iss', other);
    else changed.searchParams.delete('iss');
    await assert.rejects(
      oidc.authorizationCodeGrant(config, changed, checks),
      failure => /"iss"/.test(failure.cause.message),
    );
  }
  const tokens = await oidc.authorizationCodeGrant(config, back, checks);
  await refused(oidc.authorizationCodeGrant(config, back, checks), 'invalid_grant');
  assert.ok(!await mayCall(tokens.access_token), 'a code that is shown twice ends its tokens');
  const silent = await ask(config, settings.callback, 'openid', { prompt: 'none', max_age: '0' });
  await refused(oidc.authorizationCodeGrant(config, silent.back, silent.checks), 'login_required');
}

/// A program with a secret, which people are asked about: introspection, log-out.
async function portal(authentication) {
  const config = await discover('portal', {}, authentication(settings.portal_secret));
  const scope = 'openid email jobbergate:job-scripts:read';
  const tokens = await logsIn(config, settings.portal_callback, scope);
  const { sub } = tokens.claims();
  for (const token of [tokens.access_token, tokens.refresh_token]) {
    const worth = await oidc.tokenIntrospection(config, token);
    assert.deepEqual([worth.active, worth.sub, worth.client_id], [true, sub, 'portal']);
    assert.ok(worth.exp > Date.now() / 1000);
  }
  assert.deepEqual(await oidc.tokenIntrospection(config, 'unknown'), { active: false });
  const end = oidc.buildEndSessionUrl(config, {
    id_token_hint: tokens.id_token,
    post_logout_redirect_uri: settings.portal_callback,
    state: 'bye & bye',
  });
  const back = new URL(await visit(end));
  assert.equal(back.searchParams.get('state'), 'bye & bye');
  assert.equal((await oidc.tokenIntrospection(config, tokens.access_token)).active, false);
}

/// A program that shows a code.
async function device(config) {
  const begun = await oidc.initiateDeviceAuthorization(config, { scope: 'openid email' });
  const poll = () => oidc.genericGrantRequest(
    config,
    'urn:ietf:params:oauth:grant-type:device_code',
    { device_code: begun.device_code },
  );
  await refused(poll(), 'authorization_pending');
  await refused(poll(), 'slow_down');
  assert.equal(await visit(begun.verification_uri_complete), 'Access allowed');
  const tokens = await oidc.pollDeviceAuthorizationGrant(config, { ...begun, interval: 1 });
  assert.equal(tokens.claims().email, settings.email);
  assert.ok(await mayCall(tokens.access_token));
}

/// The agent of a cluster.
async function agent(authentication) {
  const config = await discover('fjord', {}, authentication(settings.agent_secret));
  const tokens = await oidc.clientCredentialsGrant(config);
  assert.equal((await oidc.tokenIntrospection(config, tokens.access_token)).client_id, 'fjord');
  const wrong = await discover('fjord', {}, authentication('wrong'));
  await challenged(oidc.clientCredentialsGrant(wrong), 'basic');
}

const config = await discover(settings.client, {}, oidc.None());
await terminalProgram(config);
await issuerInAnswers(config);
await device(config);
for (const authentication of [oidc.ClientSecretPost, oidc.ClientSecretBasic]) {
  await portal(authentication);
  await agent(authentication);
}
console.log('done');
terminal.close();
