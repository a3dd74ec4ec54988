// Shows the document beside this page. No validator: that would be somebody else's server.
SwaggerUIBundle({ url: "openapi.json", dom_id: "#swagger-ui", validatorUrl: null });
