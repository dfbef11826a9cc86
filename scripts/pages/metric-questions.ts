/** A question that an operator asks, and how Prometheus is asked it. */
export interface MetricQuestion {
  readonly question: string;
  readonly query: (range: string) => string;
}

const NAME = "conferences_bff_";

/** On docs/metrics.md; test/metrics/questions.slow.ts asks each of a real Prometheus, by its place in the list. */
export const questions: readonly MetricQuestion[] = [
  {
    question: "How many instances are up?",
    query: () => `sum(up{job="conferences-bff"})`,
  },
  {
    question: "Which versions run, and how many instances of each?",
    query: () => `count by (version) (${NAME}build_info)`,
  },
  {
    question: "How many agents are kept signed in?",
    query: () => `sum(${NAME}agents_polled)`,
  },
  {
    question: "In which state are they?",
    query: () => `sum by (state) (${NAME}sessions)`,
  },
  {
    question: "Is anybody about to be forgotten by the gateway (120 s without a poll)?",
    query: () => `max(${NAME}oldest_poll_age_seconds)`,
  },
  {
    question: "How do the event polls end?",
    query: (range) => `sum by (outcome) (increase(${NAME}polls_total[${range}])) > 0`,
  },
  {
    question: "Do Guids rotate?",
    query: (range) => `sum(increase(${NAME}rotations_total[${range}]))`,
  },
  {
    question: "How often was a Guid refused?",
    query: (range) => `sum(increase(${NAME}guid_refusals_total[${range}]))`,
  },
  {
    question: "How do sign-ins end?",
    query: (range) => `sum by (outcome) (increase(${NAME}sign_ins_total[${range}])) > 0`,
  },
  {
    question: "Why do sessions end?",
    query: (range) => `sum by (reason) (increase(${NAME}sessions_ended_total[${range}])) > 0`,
  },
  {
    question: "How many agents have instances let go: signed out, or gone to another?",
    query: (range) => `sum(increase(${NAME}leases_lost_total[${range}]))`,
  },
  {
    question: "Which problems do clients get?",
    query: (range) => `sum by (code) (increase(${NAME}problems_total[${range}])) > 0`,
  },
  {
    question: "What share of the requests for conferences fails for our reasons?",
    query: (range) =>
      `sum(increase(${NAME}http_request_duration_seconds_count{route=~"/conferences.*",status=~"5.."}[${range}])) / sum(increase(${NAME}http_request_duration_seconds_count{route=~"/conferences.*"}[${range}]))`,
  },
  {
    question: "How long does a list take, for 95 of 100?",
    query: (range) =>
      `histogram_quantile(0.95, sum by (le) (rate(${NAME}http_request_duration_seconds_bucket{route="/conferences",status="200"}[${range}])))`,
  },
  {
    question: "How many lists are asked for?",
    query: (range) => `sum(increase(${NAME}http_request_duration_seconds_count{route="/conferences"}[${range}]))`,
  },
  {
    question: "How many questions for conferences does the gateway not see, because somebody else has just asked?",
    query: (range) => `sum(increase(${NAME}shared_questions_total[${range}]))`,
  },
  {
    question: "With which codes does the gateway refuse?",
    query: (range) => `sum by (retcode) (increase(${NAME}gateway_refusals_total[${range}])) > 0`,
  },
  {
    question: "How long does the gateway take for a list of ids, on average?",
    query: (range) =>
      `sum(rate(${NAME}gateway_call_duration_seconds_sum{operation="conference-ids"}[${range}])) / sum(rate(${NAME}gateway_call_duration_seconds_count{operation="conference-ids"}[${range}]))`,
  },
  {
    question: "Are calls kept back, because the gateway failed often?",
    query: () => `max(${NAME}gateway_breaker_open)`,
  },
  {
    question: "Do calls wait for their turn at the gateway?",
    query: () => `max(${NAME}gateway_waiting)`,
  },
  {
    question: "How many streams are open?",
    query: () => `sum(${NAME}open_streams)`,
  },
  {
    question: "Does the store fail?",
    query: (range) => `sum(increase(${NAME}store_failures_total[${range}]))`,
  },
  {
    question: "How old is the key set of the tokens' issuer?",
    query: () => `max(${NAME}key_set_age_seconds)`,
  },
];
