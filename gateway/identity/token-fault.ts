// Why a bearer token is refused: the closed set of words for the log and the metrics.

export type TokenFault =
  | 'scheme' // not `Bearer`
  | 'size' // beyond 8 KiB
  | 'form' // not three canonical base64url segments, or a header parameter of the wrong type
  | 'json' // header or payload is not one unambiguous JSON object
  | 'crit' // `crit` or `b64`: it asks for a processing nobody promised
  | 'embedded_key' // brings its own key, or says where to get one
  | 'issuer' // of no configured issuer, or of one this endpoint does not take
  | 'alg' // an algorithm its issuer does not use, or that does not fit its key
  | 'typ' // another kind of token
  | 'id_token' // speaks to a client about a login, not to a resource
  | 'proof_bound' // bound to a proof that bearer tokens do not carry
  | 'subject' // without `sub`
  | 'times' // without `exp`, or with a time that is none
  | 'claims' // scopes, groups or client of the wrong type
  | 'audience' // for another resource
  | 'expired'
  | 'not_yet'
  | 'issued_in_future'
  | 'key_unknown' // no key of its issuer answers to its `kid`
  | 'keys_unavailable' // its issuer's keys could not be fetched, or are too old
  | 'signature';
