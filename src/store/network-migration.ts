/**
 * Networks that users make. Until here each container was on the one network that there was, or on none,
 * and its record says so in the new form.
 */
export const NETWORKS_MIGRATION = `
  DROP TABLE addresses;
  CREATE TABLE networks (
    id       TEXT PRIMARY KEY,
    name     TEXT NOT NULL UNIQUE,
    document TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;

  UPDATE containers SET document = json_set(
    json_remove(document, '$.endpoint'),
    '$.config.endpoints', json('[]'),
    '$.config.host.publish', json('[]'),
    '$.config.host.publishAll', json('false'),
    '$.config.host.links', json('[]'),
    '$.chosenPorts', json('[]'),
    '$.endpoints', CASE
      WHEN json_extract(document, '$.config.host.network.kind') = 'container' THEN json('[]')
      WHEN json_extract(document, '$.config.networkDisabled') THEN json('[]')
      ELSE json_array(json_object(
        'network', json_extract(document, '$.config.host.network.kind'),
        'networkId', CASE json_extract(document, '$.config.host.network.kind')
          WHEN 'bridge' THEN coalesce((SELECT value FROM settings WHERE key = 'bridge-id'), '')
          ELSE '' END,
        'request', json_object(
          'network', json_extract(document, '$.config.host.network.kind'),
          'linkLocal', json('[]'), 'aliases', json('[]'), 'links', json('[]'),
          'driverOptions', json('{}'), 'gatewayPriority', 0
        ),
        'live', json_object(
          'endpointId', coalesce(json_extract(document, '$.endpoint.endpointId'), ''),
          'place', 0,
          'interfaceName', CASE coalesce(json_extract(document, '$.endpoint.address'), '') WHEN '' THEN '' ELSE 'eth0' END,
          'macAddress', coalesce(json_extract(document, '$.endpoint.macAddress'), ''),
          'addresses', CASE coalesce(json_extract(document, '$.endpoint.address'), '')
            WHEN '' THEN json('[]')
            ELSE json_array(json_object(
              'address', json_extract(document, '$.endpoint.address'),
              'prefixLength', json_extract(document, '$.endpoint.prefixLength'),
              'gateway', json_extract(document, '$.endpoint.gateway')
            )) END,
          'names', json('[]')
        )
      )) END
  );
  UPDATE containers SET document = json_set(
    document, '$.config.host.network', json('{"kind":"network","network":"bridge"}')
  ) WHERE json_extract(document, '$.config.host.network.kind') = 'bridge';
`;
