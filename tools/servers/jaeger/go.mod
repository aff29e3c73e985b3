module millrace/servers/jaeger

go 1.25

require github.com/jaegertracing/jaeger v1.76.0

// As Jaeger's own go.mod has it: replacements of a dependency don't count.
replace github.com/Shopify/sarama => github.com/Shopify/sarama v1.33.0
