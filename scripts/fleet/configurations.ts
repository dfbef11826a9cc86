/** HAProxy in front of the instances: whoever is not ready gets nothing new, and only what never arrived is asked again. */
export function balancerConfiguration(port: number, instances: readonly number[]): string {
  const servers = instances.map((instance, index) => `  server instance-${index + 1} 127.0.0.1:${instance}`).join("\n");
  return `global
  maxconn 4000
defaults
  mode http
  timeout connect 2s
  timeout client 70s
  timeout server 70s
  timeout http-keep-alive 60s
  option redispatch 1
  retries 3
  # A request that may have been carried out is never repeated.
  retry-on conn-failure
  # Streams: what has come is passed on at once.
  option http-no-delay
frontend clients
  bind 127.0.0.1:${port}
  option forwardfor
  # All unready (the store is away): they are asked all the same, and say themselves what is wrong.
  use_backend whoever if { nbsrv(instances) eq 0 }
  default_backend instances
backend instances
  balance leastconn
  option httpchk GET /readyz
  http-check expect status 200
  # An ending instance says so for DRAIN_LEAD_MS before it takes nothing more.
  default-server check inter 300ms fall 1 rise 1
${servers}
backend whoever
  balance roundrobin
${servers}
`;
}

/** Prometheus, with the rules that stand in deploy/. */
export function prometheusConfiguration(instances: readonly number[], rules: string): string {
  return `global: { scrape_interval: 2s, evaluation_interval: 2s }
rule_files: ["${rules}"]
scrape_configs:
  - job_name: conferences-bff
    static_configs:
      - targets: [${instances.map((instance) => `"127.0.0.1:${instance}"`).join(", ")}]
`;
}
